-- What the next request of a thread is judged by.
select closed_ms, open_ids, state, first_id from audit_threads where session_id = ? and agent_id = ?
