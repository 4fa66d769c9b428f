-- An alert as a rule raised it.
insert into audit_raised (
    session_id, agent_id, time_ms, number, saying_id, numbers, tokens, usd, version_id
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?)
