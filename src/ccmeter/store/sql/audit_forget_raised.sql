-- Alerts of a thread behind a moment.
delete from audit_raised where session_id = ? and agent_id = ? and time_ms > ?
