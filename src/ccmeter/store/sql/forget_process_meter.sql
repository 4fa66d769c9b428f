-- A session that was resumed has another last process: what was known of the one before is dropped.
delete from cost_states
where start_ms = 0 and after_ms is null and duration_ms <> :duration_ms
    and session_id = (select id from sessions where session = :session)
