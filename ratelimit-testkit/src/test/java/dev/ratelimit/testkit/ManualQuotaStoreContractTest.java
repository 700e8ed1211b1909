package dev.ratelimit.testkit;

import dev.ratelimit.spi.QuotaStore;
import dev.ratelimit.spi.TimeSource;

// sample: dev/ratelimit/testkit/QuotaStoreContract.java
class ManualQuotaStoreContractTest extends QuotaStoreContract {

    private final ManualQuotaStore first = new ManualQuotaStore(TimeSource.system());

    @Override
    protected QuotaStore create() {
        return first.otherMachine();
    }
}
// end of sample
