-- A thread that is judged from its start may wait for other fingerprints.
delete from audit_waiting where session_id = ? and agent_id = ?
