package dev.ratelimit.bench;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Limiters without keys, one for each organization, looked up as a host has to. */
record MappedRivals(ConcurrentHashMap<Key, Rival> rivals) implements Keyed {

    static Keyed of(List<String> organizations, List<Rival> rivals) {
        ConcurrentHashMap<Key, Rival> map = new ConcurrentHashMap<>();
        for (int i = 0; i < organizations.size(); i++) {
            map.put(new Key(organizations.get(i), ENDPOINT), rivals.get(i));
        }
        return new MappedRivals(map);
    }

    @Override
    public Object ask(String organization, String endpoint) {
        return requireNonNull(rivals.get(new Key(organization, endpoint))).tryAcquire();
    }
}
