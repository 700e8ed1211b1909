package dev.ratelimit.http.filter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientNetworkTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 192.0.2.7",
        "2001:db8:1:2:3:4:5:6, 2001:db8:1:2::/64",
        "2001:DB8:1:2::9, 2001:db8:1:2::/64",
        "[2001:db8:1:2::9], 2001:db8:1:2::/64",
        "fe80::1%eth0, fe80:0:0:0::/64",
        "::1, 0:0:0:0::/64",
        "::ffff:192.0.2.7, 192.0.2.7",
        // No addresses, which are never looked up.
        "localhost, localhost",
        "unix:/run/socket, unix:/run/socket",
        "1:2:3, 1:2:3",
        "'', ''"
    })
    void aNetworkIsAnAddressOrTheFirst64Bits(String address, String network) {
        assertThat(ClientNetwork.of(address)).isEqualTo(network);
    }

    @Test
    void thereMayBeNoAddress() {
        assertThat(ClientNetwork.of(null)).isEmpty();
    }
}
