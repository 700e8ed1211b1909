package dev.ratelimit.core;

import dev.ratelimit.Limit;
import dev.ratelimit.LimitTable;
import dev.ratelimit.Tier;
import dev.ratelimit.TokenBucket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What tiers have alike that differ in amounts only: their message, and their tables with the rows, the endpoints and
 * the kinds and spans of limits. Their names, and what they say of members, do not count. An immutable value.
 */
final class TierShape {

    private final Tier tier;
    private final String account;
    private final int hash;

    /**
     * Makes the shape of a tier.
     *
     * @param account that of the tier; for members that of their organization's tier
     */
    TierShape(Tier tier, String account) {
        this.tier = tier;
        this.account = account;
        int sum = 31 * account.hashCode() + tier.message().hashCode();
        for (LimitTable table : tier.tables()) {
            sum = 31 * sum + table.name().hashCode();
            for (LimitTable.Row row : table.rows()) {
                sum = 31 * sum + row.endpoints().hashCode();
                sum = 31 * sum
                        + row.limit().map(limit -> limit.unit().hashCode()).orElse(0);
            }
        }
        this.hash = sum;
    }

    /** Tells whether a tier has this shape in an account. */
    boolean isOf(Tier other, String itsAccount) {
        List<LimitTable> tables = tier.tables();
        List<LimitTable> others = other.tables();
        boolean same =
                account.equals(itsAccount) && tier.message().equals(other.message()) && tables.size() == others.size();
        for (int i = 0; same && i < tables.size(); i++) {
            same = isSame(tables.get(i), others.get(i));
        }
        return same;
    }

    private static boolean isSame(LimitTable table, LimitTable other) {
        List<LimitTable.Row> rows = table.rows();
        List<LimitTable.Row> others = other.rows();
        boolean same = table.name().equals(other.name())
                && table.isShadow() == other.isShadow()
                && rows.size() == others.size();
        for (int i = 0; same && i < rows.size(); i++) {
            same = isSame(rows.get(i), others.get(i));
        }
        return same;
    }

    private static boolean isSame(LimitTable.Row row, LimitTable.Row other) {
        return row.endpoints().equals(other.endpoints())
                && row.isForAll() == other.isForAll()
                && row.group().equals(other.group())
                && isSame(row.limit().orElse(null), other.limit().orElse(null))
                && row.patterns().equals(other.patterns());
    }

    private static boolean isSame(@Nullable Limit limit, @Nullable Limit other) {
        if (limit == null || other == null) {
            return limit == other;
        }
        if (limit instanceof TokenBucket bucket) {
            return other instanceof TokenBucket its
                    && bucket.unit().equals(its.unit())
                    && bucket.per().equals(its.per());
        }
        return limit.getClass() == other.getClass()
                && limit.withAmount(other.amount()).equals(other);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof TierShape that && hash == that.hash && isOf(that.tier, that.account);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
