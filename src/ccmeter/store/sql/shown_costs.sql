-- What status lines showed last of the cost of some sessions. Of each whether it was answered after
-- that, whether it was between its last reading and the process that showed it, and whether it
-- began with a /clear.
select
    sessions.session, sessions.first_ms, sessions.last_ms,
    c.time_ms, c.began_ms, c.cost_usd, c.version,
    exists (
        select 1 from responses
        cross join owners on owners.id = responses.owner_id
        where responses.time_ms > c.time_ms and responses.time_ms <= sessions.last_ms
            and owners.session_id = sessions.id
    ) as went_on,
    exists (
        select 1 from responses
        cross join owners on owners.id = responses.owner_id
        where responses.time_ms > (
                select max(after_ms) from cost_states
                where session_id = sessions.id and start_ms > 0
            )
            and responses.time_ms < c.began_ms
            and owners.session_id = sessions.id and owners.agent_id = 0
    ) as gap,
    exists (
        select 1 from marks
        where marks.session_id = sessions.id and marks.kind = 'command' and marks.label = 'clear'
    ) as cleared
from json_each(:sessions) as wanted
join sessions on sessions.session = wanted.value
join shown_costs as c on c.session_id = sessions.id
where sessions.first_ms is not null
