-- That a step of the schema was taken, when the database was made.
insert into "_sqlite_migrations" (migration_set, name, applied_at)
values (?, ?, datetime('now'))
