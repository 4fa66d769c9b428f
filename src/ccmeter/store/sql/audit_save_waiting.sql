-- A request whose fingerprint has not been read.
insert into audit_waiting (request_ref, session_id, agent_id, start_ms) values (?, ?, ?, ?)
on conflict do update set start_ms = min(start_ms, excluded.start_ms)
