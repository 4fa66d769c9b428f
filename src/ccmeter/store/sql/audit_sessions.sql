-- Sessions whose id begins like that.
select id, session from sessions where substr(session, 1, length(:start)) = :start
