-- Whose requests, of all owners.
select
    owners.id, sessions.session, coalesce(agents.agent, ''), clients.version, clients.entrypoint,
    owners.copied
from owners
join sessions on sessions.id = owners.session_id
join clients on clients.id = owners.client_id
left join agents on agents.id = owners.agent_id
