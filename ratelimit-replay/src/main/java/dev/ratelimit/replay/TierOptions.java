package dev.ratelimit.replay;

import static java.util.Map.entry;
import static java.util.stream.Collectors.joining;

import dev.ratelimit.ConcurrencyLimit;
import dev.ratelimit.Precision;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Tier;
import dev.ratelimit.Unit;
import dev.ratelimit.config.TierFile;
import dev.ratelimit.config.TierFileError;
import dev.ratelimit.config.TierFileException;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.GoingLiveEdition;
import dev.ratelimit.tiers.LimitedAccessEdition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which limits the trace is held against. */
final class TierOptions {

    private static final String DEFAULT_TIER = "faq:trial";

    private static final Map<String, Supplier<Tier>> TIERS = new TreeMap<>(Map.ofEntries(
            entry("limited-access:limited", LimitedAccessEdition::limited),
            entry("going-live:trial", GoingLiveEdition::trial),
            entry("going-live:production", GoingLiveEdition::production),
            entry(DEFAULT_TIER, FaqEdition::trial),
            entry("faq:trial-one-total", FaqEdition::trialWithOneMonthlyTotal),
            entry("faq:production", FaqEdition::production)));

    @Option(
            names = "--tier",
            paramLabel = "NAME",
            description = {
                "A tier of --tiers, or else a documented one: limited-access:limited, going-live:trial,"
                        + " going-live:production, faq:trial, faq:trial-one-total, faq:production (default: "
                        + DEFAULT_TIER + ")"
            })
    private @Nullable String tier;

    @Option(
            names = "--tiers",
            paramLabel = "FILE",
            description = "A file of tiers, of YAML or JSON. --tier names one of them, unless it has only one.")
    private @Nullable Path file;

    @Option(
            names = "--limit",
            paramLabel = "LIMIT",
            description = {
                "Repeatable, instead of --tier: a limit of each endpoint alone, as tier files have it: \"20 calls per"
                        + " minute\", \"1,000 calls per calendar month\", \"500,000 tokens in all, until reached\"."
                        + " Its unit is calls, characters, tokens, usd, or one that --charge or --charge-after"
                        + " introduces.",
                "The short form is UNIT=AMOUNT/SPAN[,until-reached], where SPAN is a window of elapsed time (500ms,"
                        + " 60s, 1m, 24h, 30d), a UTC calendar period (day, week, month, year), or ever. until-reached"
                        + " lets the call that reaches the amount of a period overrun it."
            })
    private List<LimitOption> limits = new ArrayList<>();

    @Option(
            names = "--exact",
            description = "Windows exact to the nanosecond; memory then grows with the calls in a window.")
    private boolean exact;

    /** Returns the tier, having checked it against the units that the trace is charged in. */
    Tier tier(Set<Unit> charged) throws IOException {
        Tier chosen = !limits.isEmpty() ? tierOfLimits(charged) : file != null ? tierOf(file) : documentedTier();
        return exact
                ? chosen.withLimits(
                        limit -> limit instanceof RateLimit rate ? rate.withPrecision(Precision.EXACT) : limit)
                : chosen;
    }

    /** Returns the units that a tier limits although nothing is charged in them. */
    static Set<Unit> uncharged(Tier tier, Set<Unit> charged) {
        Set<Unit> units = new LinkedHashSet<>();
        tier.withLimits(limit -> {
            units.add(limit.unit());
            return limit;
        });
        units.remove(Unit.CALLS);
        units.removeAll(charged);
        return units;
    }

    /** Tells whether a tier limits calls in flight, and so needs to know how long calls take. */
    static boolean limitsCallsInFlight(Tier tier) {
        return tier.limits().stream().anyMatch(limit -> limit.limit() instanceof ConcurrencyLimit)
                || tier.members().values().stream().anyMatch(TierOptions::limitsCallsInFlight);
    }

    /** Returns what the limits are called in a title. */
    String title(Tier chosen) {
        String what = !limits.isEmpty()
                ? limits.stream().map(LimitOption::text).collect(joining(" and "))
                : file != null ? chosen.name() + " of " + file.getFileName() : tier == null ? DEFAULT_TIER : tier;
        return exact ? what + ", exact" : what;
    }

    private Tier tierOf(Path tiers) throws IOException {
        if (!Files.isReadable(tiers) || Files.isDirectory(tiers)) {
            throw new BadInputException("no file that can be read: " + tiers);
        }
        TierFile read;
        try {
            read = TierFile.read(tiers);
        } catch (TierFileException e) {
            throw new BadInputException(
                    e.errors().stream().map(TierFileError::toString).collect(joining("; ")));
        }
        Set<String> names = read.tiers().keySet();
        String name = tier == null && names.size() == 1 ? names.iterator().next() : tier;
        if (name == null || !names.contains(name)) {
            throw new BadInputException("--tier must name one of the tiers of " + tiers + ", which are "
                    + String.join(", ", names) + (name == null ? "" : ": " + name));
        }
        return read.tier(name);
    }

    private Tier documentedTier() {
        Supplier<Tier> factory = TIERS.get(tier == null ? DEFAULT_TIER : tier);
        if (factory == null) {
            throw new BadInputException(
                    "unknown tier \"" + tier + "\", known are " + String.join(", ", TIERS.keySet()));
        }
        return factory.get();
    }

    private Tier tierOfLimits(Set<Unit> charged) {
        if (tier != null || file != null) {
            throw new BadInputException("--limit must not be with " + (tier != null ? "--tier" : "--tiers")
                    + ": they are two ways to say the same");
        }
        Set<String> units = new LinkedHashSet<>();
        for (Unit unit : List.of(Unit.CALLS, Unit.CHARACTERS, Unit.TOKENS, Unit.NANO_USD)) {
            units.add(unit.name());
        }
        charged.forEach(unit -> units.add(unit.name()));
        Tier.Builder built = Tier.named("limits");
        Set<Object> seen = new HashSet<>();
        for (LimitOption option : limits) {
            String unit = option.limit().unit().name();
            if (!units.contains(unit)) {
                throw new BadInputException("unknown unit \"" + unit + "\" in --limit " + option.text() + ", known are "
                        + String.join(", ", units) + "; --charge and --charge-after introduce others");
            }
            if (!seen.add(option.limit())) {
                throw new BadInputException("--limit " + option.text() + " must not be given twice");
            }
            built.table(option.table());
        }
        return built.build();
    }
}
