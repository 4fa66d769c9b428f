-- A request that did not read what it should.
insert into audit_rebuilds (
    session_id, agent_id, start_ms, response_id, finding_id, expected_read, lost_tokens, excess,
    gap_ms
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?)
