-- A reading of a session's meter. Read again, perhaps behind responses that came after it, it still
-- stands where it stood.
insert into cost_states (
    session_id, start_ms, duration_ms, after_ms, cost_usd, models, unknown_model
)
values (?, ?, ?, ?, ?, ?, ?)
on conflict (session_id, start_ms, duration_ms) do update set
    after_ms = min(coalesce(after_ms, excluded.after_ms), excluded.after_ms),
    cost_usd = excluded.cost_usd,
    models = excluded.models,
    unknown_model = excluded.unknown_model
