-- Runs when an instance of the function starts, so every statement may run again.
create table if not exists processed_messages (
  message_id text primary key,
  processed_at timestamptz not null default now()
);
-- no queue delivers a message that is older
delete from processed_messages where processed_at < now() - interval '15 days';

-- what the starter writes; goes with what replaces it
create table if not exists notifications (
  id bigint generated always as identity primary key,
  recipient text not null,
  text text not null,
  created_at timestamptz not null default now()
);
