-- A quota in one of its periods. What is left is the amount in the tier + granted - taken.
create table if not exists ratelimit_quota (
  meter             blob        not null, -- SHA-256 of the names below and of the period
  period_start      text        not null, -- such as 2026-11-01T00:00:00.000000Z, so that texts sort by time
  period_end        text        not null,
  taken             integer     not null, -- units charged, and units that machines hold on lease
  granted           integer     not null, -- units beyond the amount, until the period ends
  organization_hash blob        not null, -- SHA-256 of the organization
  member_hash       blob,                 -- SHA-256 of the organization and the member
  organization_name text        not null, -- the names are for people, and cut at 256 characters
  account_name      text        not null,
  member_kind       text,                 -- null if the quota is the organization's own
  member_name       text,
  limit_table       text        not null,
  scope_kind        varchar(16) not null, -- endpoint or group
  scope_name        text        not null,
  unit_name         text        not null,
  period_name       text        not null,
  primary key (meter, period_start)
) without rowid;

create index if not exists ratelimit_quota_organization on ratelimit_quota (organization_hash);
create index if not exists ratelimit_quota_end on ratelimit_quota (period_end);

-- Units of a quota that a machine holds.
create table if not exists ratelimit_lease (
  id                blob        not null,
  meter             blob        not null,
  period_start      text        not null,
  machine           text,                 -- null in a receipt: its units went back or were charged
  units             integer     not null,
  used              integer     not null, -- as the machine told last
  seen_at           text        not null, -- when the machine told last
  primary key (id)
) without rowid;

create index if not exists ratelimit_lease_meter on ratelimit_lease (meter, period_start);
create index if not exists ratelimit_lease_machine on ratelimit_lease (machine);

-- The machines, and when each was last heard of.
create table if not exists ratelimit_machine (
  machine           text        not null,
  seen_at           text        not null,
  primary key (machine)
) without rowid;
