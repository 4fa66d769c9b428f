-- Sums add to what is there.
insert into audit_tallies (
    open, session_id, agent_id, slot, claude, version_id, provider, requests, prompt_tokens,
    read_tokens, cost, unpriced, exposed
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict do update set
    requests = requests + excluded.requests,
    prompt_tokens = prompt_tokens + excluded.prompt_tokens,
    read_tokens = read_tokens + excluded.read_tokens,
    cost = cost + excluded.cost,
    unpriced = unpriced + excluded.unpriced,
    exposed = exposed + excluded.exposed
