-- Whose requests, of some owners.
select
    owners.id, sessions.session, coalesce(agents.agent, ''), clients.version, clients.entrypoint,
    owners.copied
from json_each(:ids) as wanted
cross join owners on owners.id = wanted.value
join sessions on sessions.id = owners.session_id
join clients on clients.id = owners.client_id
left join agents on agents.id = owners.agent_id
