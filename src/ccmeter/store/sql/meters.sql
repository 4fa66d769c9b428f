-- The readings of the client's own meter in some sessions, the oldest first; of each whether the
-- main thread was answered after it, and for meters that outlive a /clear, whether there was one.
select
    sessions.session, sessions.first_ms, sessions.last_ms, c.start_ms, c.duration_ms, c.after_ms,
    c.cost_usd, c.models, c.unknown_model,
    exists (
        select 1 from responses
        cross join owners on owners.id = responses.owner_id
        where responses.time_ms > c.after_ms and responses.time_ms <= sessions.last_ms
            and owners.session_id = sessions.id and owners.agent_id = 0
    ) as went_on,
    c.start_ms = 0 and exists (
        select 1 from marks
        where marks.session_id = sessions.id and marks.kind = 'command' and marks.label = 'clear'
    ) as cleared
from json_each(:sessions) as wanted
join sessions on sessions.session = wanted.value
join cost_states as c on c.session_id = sessions.id
order by sessions.id, c.start_ms, c.duration_ms
