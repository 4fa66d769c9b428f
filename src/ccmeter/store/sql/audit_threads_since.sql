-- The threads of sessions that were answered since a moment.
select distinct owners.session_id, owners.agent_id
from sessions
join owners on owners.session_id = sessions.id
where sessions.last_ms >= ?
