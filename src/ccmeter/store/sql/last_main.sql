-- When the last response of a session's main thread was made before a moment: the time index is
-- walked back from there, so only what other sessions did meanwhile is looked at in vain.
select responses.time_ms
from responses
cross join owners on owners.id = responses.owner_id
where responses.time_ms < :before_ms
    and responses.time_ms >= (select first_ms from sessions where id = :session_id)
    and owners.session_id = :session_id
    and owners.agent_id = 0
order by responses.time_ms desc
limit 1
