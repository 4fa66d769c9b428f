-- Responses that a session repeats, as it turns out, of an older one.
insert into copies (session_id, key_hash)
select owners.session_id, responses.key_hash
from json_each(:hashes) as wanted
join responses on responses.key_hash = wanted.value
join owners on owners.id = responses.owner_id
where owners.session_id in (select value from json_each(:younger))
on conflict do nothing
