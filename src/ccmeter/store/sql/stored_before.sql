-- Which of these hashes of keys belong to responses that were stored up to that id.
select responses.key_hash
from json_each(:hashes) as wanted
join responses on responses.key_hash = wanted.value
where responses.id <= :last
