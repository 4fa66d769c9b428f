-- Cumulative over the resumes of a session: the last word counts, in whatever order files are read.
insert into cost_states (session_id, start_ms, duration_ms, cost_usd, models, unknown_model)
values (?, ?, ?, ?, ?, ?)
on conflict (session_id) do update set
    start_ms = excluded.start_ms,
    duration_ms = excluded.duration_ms,
    cost_usd = excluded.cost_usd,
    models = excluded.models,
    unknown_model = excluded.unknown_model
where (excluded.start_ms, excluded.duration_ms) >= (cost_states.start_ms, cost_states.duration_ms)
