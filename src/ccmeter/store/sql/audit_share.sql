-- One of several shares of the sessions, with their owners.
select id, session_id from owners where session_id % :shares = :number
