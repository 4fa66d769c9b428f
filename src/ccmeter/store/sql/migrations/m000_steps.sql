-- Where sqlite-utils notes the steps that were taken; it makes this table itself in a database
-- that it migrates.
create table "_sqlite_migrations" (
    "id" integer primary key, "migration_set" text, "name" text, "applied_at" text
);
create unique index "idx__sqlite_migrations_migration_set_name"
    on "_sqlite_migrations" ("migration_set", "name")
