-- Threads in which something changed, and since when.
select session_id, agent_id, since_ms from audit_stale
