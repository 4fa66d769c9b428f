-- What .claude.json tells of the last process of a session; only of sessions with a transcript.
insert into cost_states (
    session_id, start_ms, duration_ms, after_ms, cost_usd, models, unknown_model
)
select id, 0, :duration_ms, null, :cost_usd, :models, :unknown_model
from sessions
where session = :session
on conflict (session_id, start_ms, duration_ms) do update set
    cost_usd = excluded.cost_usd,
    models = excluded.models
where cost_states.after_ms is null
