package dev.ratelimit.testkit;

import dev.ratelimit.spi.QuotaKey;
import dev.ratelimit.spi.QuotaStore.Charge;
import dev.ratelimit.spi.QuotaStore.Count;
import dev.ratelimit.spi.QuotaStore.Counter;
import dev.ratelimit.spi.QuotaStore.LeaseRequest;
import dev.ratelimit.spi.QuotaStore.Owners;
import dev.ratelimit.spi.QuotaStore.Taken;
import dev.ratelimit.spi.QuotaStore.Use;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** The counters and leases that the machines of a {@link ManualQuotaStore} share. Each method is one step. */
final class QuotaCounts {

    private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);
    private static final long MOST_TAKEN = 1L << 61;
    private static final long MOST_GRANTED = 1L << 53;

    /** Two counters of one key and one start are the same. */
    private record Id(QuotaKey key, Instant start) {
        static Id of(Counter counter) {
            return new Id(counter.key(), counter.bounds().start());
        }
    }

    private static final class Row {
        final Counter counter;
        long taken;
        long granted;

        Row(Counter counter) {
            this.counter = counter;
        }

        void take(long units) {
            taken = Math.max(0, Math.min(MOST_TAKEN, taken + units));
        }

        Count count(long unusedElsewhere) {
            return new Count(taken, granted, unusedElsewhere);
        }
    }

    private static final class Lease {
        final Id id;
        final Object machine;
        final long units;
        long used;

        /** The units that were used before a reset, which are not taken any more. */
        long forgotten;

        Lease(Id id, Object machine, long units) {
            this.id = id;
            this.machine = machine;
            this.units = units;
        }

        long unused() {
            return units - Math.max(used, forgotten);
        }
    }

    private final Map<Id, Row> rows = new HashMap<>();
    private final Map<UUID, Lease> leases = new HashMap<>();
    private final Set<UUID> done = new HashSet<>();
    private final Map<Object, Long> seen = new HashMap<>();

    synchronized Taken take(List<LeaseRequest> requests, Object machine, long now) {
        seen.put(machine, now);
        boolean isRepeated = leases.containsKey(requests.get(0).id());
        boolean fits = requests.stream().allMatch(request -> isRepeated || remaining(request) >= request.least());
        List<Long> units = new ArrayList<>();
        List<Count> counts = new ArrayList<>();
        for (LeaseRequest request : requests) {
            Row row = row(request.counter());
            if (fits && !isRepeated) {
                long remaining = remaining(request);
                long given = Math.min(remaining, Math.max(request.wanted(), remaining / (4 * machines(now))));
                leases.put(request.id(), new Lease(Id.of(request.counter()), machine, given));
                row.take(given);
            }
            Lease lease = leases.get(request.id());
            units.add(lease == null ? 0 : lease.units);
            counts.add(row.count(0));
        }
        return new Taken(fits, units, counts);
    }

    private long remaining(LeaseRequest request) {
        Row row = row(request.counter());
        return request.amount() + row.granted - row.taken;
    }

    private long machines(long now) {
        return seen.values().stream().filter(at -> now - at <= MINUTE).count();
    }

    private Row row(Counter counter) {
        return rows.computeIfAbsent(Id.of(counter), id -> new Row(counter));
    }

    synchronized Set<UUID> report(List<Use> uses, Object machine, long now) {
        seen.put(machine, now);
        Set<UUID> gone = new HashSet<>();
        for (Use use : uses) {
            Lease lease = leases.get(use.lease());
            if (lease == null || lease.machine != machine) {
                gone.add(use.lease());
            } else {
                lease.used = use.used();
            }
        }
        return gone;
    }

    synchronized void giveBack(List<Use> uses) {
        for (Use use : uses) {
            Lease lease = leases.remove(use.lease());
            if (lease != null) {
                lease.used = use.used();
                Row row = rows.get(lease.id);
                if (row != null) {
                    row.take(-lease.unused());
                }
            }
        }
    }

    synchronized List<Count> charge(List<Charge> charges) {
        List<Count> counts = new ArrayList<>();
        for (Charge charge : charges) {
            Row row = row(charge.counter());
            if (done.add(charge.id())) {
                row.take(charge.units());
            }
        }
        charges.forEach(charge -> counts.add(row(charge.counter()).count(0)));
        return counts;
    }

    synchronized Count count(Counter counter, Object machine, long now) {
        Row row = rows.get(Id.of(counter));
        return row == null
                ? new Count(0, 0, 0)
                : row.count(leases.values().stream()
                        .filter(lease -> lease.id.equals(Id.of(counter)) && isElsewhere(lease, machine, now))
                        .mapToLong(Lease::unused)
                        .sum());
    }

    private boolean isElsewhere(Lease lease, Object machine, long now) {
        Long at = seen.get(lease.machine);
        return lease.machine != machine && at != null && now - at <= MINUTE;
    }

    synchronized Count grant(UUID id, Counter counter, long units) {
        Row row = row(counter);
        if (done.add(id)) {
            row.granted = Math.max(0, Math.min(MOST_GRANTED, row.granted + units));
        }
        return row.count(0);
    }

    synchronized void clear(Owners owners, Instant now, boolean forgets) {
        for (Map.Entry<Id, Row> each : Map.copyOf(rows).entrySet()) {
            Row row = each.getValue();
            if (isOf(owners, each.getKey().key)
                    && now.isBefore(row.counter.bounds().end())) {
                row.taken = 0;
                for (Lease lease : leases.values()) {
                    if (lease.id.equals(each.getKey())) {
                        lease.forgotten = Math.max(lease.used, lease.forgotten);
                        row.take(lease.unused());
                    }
                }
                row.granted = forgets ? 0 : row.granted;
                if (forgets && row.taken == 0) {
                    rows.remove(each.getKey());
                }
            }
        }
    }

    private static boolean isOf(Owners owners, QuotaKey key) {
        return key.organization().equals(owners.organization())
                && key.member()
                        .map(member -> owners.members()
                                .map(members -> members.contains(member))
                                .orElse(true))
                        .orElse(true);
    }

    synchronized Count sum(QuotaKey key) {
        long taken = 0;
        long granted = 0;
        for (Row row : rows.values()) {
            if (row.counter.key().equals(key)) {
                taken += row.taken;
                granted += row.granted;
            }
        }
        return new Count(taken, granted, 0);
    }

    synchronized Set<QuotaKey> keys() {
        Set<QuotaKey> keys = new HashSet<>();
        rows.keySet().forEach(id -> keys.add(id.key));
        return keys;
    }

    synchronized int leases() {
        return leases.size();
    }
}
