-- Rebuilds of a thread behind a moment.
delete from audit_rebuilds where session_id = ? and agent_id = ? and start_ms > ?
