-- A thread after its last request.
insert into audit_threads (
    session_id, agent_id, first_id, last_ms, tier, prompt_tokens, read_tokens, closed_ms, open_ids,
    state
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (session_id, agent_id) do update set
    first_id = excluded.first_id,
    last_ms = excluded.last_ms,
    tier = excluded.tier,
    prompt_tokens = excluded.prompt_tokens,
    read_tokens = excluded.read_tokens,
    closed_ms = excluded.closed_ms,
    open_ids = excluded.open_ids,
    state = excluded.state
