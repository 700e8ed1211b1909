package dev.ratelimit.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.Tier;
import dev.ratelimit.tiers.FaqEdition;
import dev.ratelimit.tiers.GoingLiveEdition;
import dev.ratelimit.tiers.LimitedAccessEdition;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The documented tables as files are the documented tables in code. */
class DocumentedEditionsTest {

    @Test
    void theFaqEdition() throws IOException {
        assertThat(tiers("faq-edition.yaml"))
                .containsExactly(FaqEdition.trial(), FaqEdition.productionWithSpendingLimit(BigDecimal.valueOf(250)));
    }

    @Test
    void theGoingLiveEdition() throws IOException {
        assertThat(tiers("going-live-edition.yaml"))
                .containsExactly(GoingLiveEdition.trial(), GoingLiveEdition.production());
    }

    @Test
    void theLimitedAccessEdition() throws IOException {
        assertThat(tiers("limited-access-edition.yaml"))
                .containsExactly(
                        LimitedAccessEdition.limited(), LimitedAccessEdition.full(600, 5_000, 500_000, 1_000_000));
    }

    private static List<Tier> tiers(String file) throws IOException {
        return List.copyOf(TierFile.read(Examples.FOLDER.resolve(file)).tiers().values());
    }
}
