-- Responses that were stored or changed since the last judgement, with their threads. A cross join
-- starts with what is on its left: few rows, while there are many responses.
select responses.id, owners.session_id, owners.agent_id
from responses
join owners on owners.id = responses.owner_id
where responses.id > ? and parent_hash is null
union all
select responses.id, owners.session_id, owners.agent_id
from audit_changed
cross join responses on responses.id = audit_changed.response_id
join owners on owners.id = responses.owner_id
where responses.parent_hash is null
