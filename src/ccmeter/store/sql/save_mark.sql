-- Reading a file again finds the same record at the same place.
insert into marks (
    source, offset, session_id, agent_id, kind, time_ms, label, tokens_before, tokens_after
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (source, offset) do update set
    session_id = excluded.session_id,
    agent_id = excluded.agent_id,
    time_ms = excluded.time_ms,
    kind = excluded.kind,
    label = excluded.label,
    tokens_before = excluded.tokens_before,
    tokens_after = excluded.tokens_after
