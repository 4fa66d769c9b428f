-- What tells the stored responses of some keys from others of the same id, and whose lines tell it.
select r.key_hash, r.source, r.request_id, models.model, r.owner_rank
from responses as r
join terms on terms.id = r.terms_id
join models on models.id = terms.model_id
where r.key_hash in (select value from json_each(:hashes))
