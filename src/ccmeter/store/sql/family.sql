-- A stored response and the calls inside it, with what tells it from others of the same id.
select r.key, p.request_id, models.model
from responses as r
join responses as p on p.key_hash = coalesce(r.parent_hash, r.key_hash)
join terms on terms.id = p.terms_id
join models on models.id = terms.model_id
where r.key_hash = ? or r.parent_hash = ?
