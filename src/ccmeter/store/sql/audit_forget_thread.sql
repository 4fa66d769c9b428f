-- A thread that is judged from its start.
delete from audit_threads where session_id = ? and agent_id = ?
