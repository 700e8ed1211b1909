package dev.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ratelimit.AppliedLimit;
import dev.ratelimit.Member;
import dev.ratelimit.RateLimit;
import dev.ratelimit.Scope;
import org.junit.jupiter.api.Test;

class PolicyNameTest {

    @Test
    void aNameIsTheTableAndTheEndpointOrTheGroup() {
        assertThat(endpoint("calls per minute", "chat")).isEqualTo("calls per minute/chat");
        assertThat(endpoint("calls per minute", "chat/fast")).isEqualTo("calls per minute/chat/fast");
        assertThat(group("calls per month", "all")).isEqualTo("calls per month/[all]");
        assertThat(PolicyName.of(AppliedLimit.of("calls", new Scope.EachOtherEndpoint(), RateLimit.perMinute(1))))
                .isEqualTo("calls");
    }

    @Test
    void whatWouldMakeTwoNamesAlikeIsEscaped() {
        assertThat(endpoint("a/b", "c")).isEqualTo("a%2Fb/c");
        assertThat(endpoint("a", "[c]")).isEqualTo("a/%5Bc]");
        assertThat(endpoint("100%", "~")).isEqualTo("100%25/%7E");
        assertThat(group("a", "[c]")).isEqualTo("a/[[c]]");
    }

    @Test
    void aMembersLimitHasANameThatNoOtherOfTheCallHas() {
        AppliedLimit limit = AppliedLimit.of("calls", new Scope.Endpoint("chat"), RateLimit.perMinute(1));
        assertThat(PolicyName.of(limit.of(new Member("user", "u7")))).isEqualTo("/user/calls/chat");
        assertThat(endpoint("/user/calls", "chat")).isEqualTo("%2Fuser%2Fcalls/chat");
        String first = PolicyName.of(limit.of(new Member("x".repeat(63) + "1", "u7")));
        String second = PolicyName.of(limit.of(new Member("x".repeat(63) + "2", "u7")));
        assertThat(first).hasSize(64).isNotEqualTo(second);
    }

    @Test
    void whatIsNotPrintableAsciiIsEscaped() {
        assertThat(endpoint("\"\\\r\n\0", "é😀")).isEqualTo("%22%5C%0D%0A%00/%C3%A9%F0%9F%98%80");
        assertThat(endpoint("\ud800", "\udfff")).isEqualTo("%ED%A0%80/%ED%BF%BF");
        assertThat(endpoint("a", "")).isEqualTo("a/");
    }

    @Test
    void aLongNameIsCutAndItsDigestStandsForTheRest() {
        assertThat(endpoint("t", "x".repeat(62))).isEqualTo("t/" + "x".repeat(62));
        String cut = endpoint("t", "x".repeat(63));
        assertThat(cut).matches("t/x{39}~[A-Za-z0-9_-]{22}").isEqualTo(endpoint("t", "x".repeat(63)));
        assertThat(endpoint("t", "x".repeat(64))).isNotEqualTo(cut).hasSize(64);
        assertThat(group("t", "x".repeat(63))).isNotEqualTo(cut);
        String table = "x".repeat(70);
        assertThat(endpoint(table + "endpointy", "z")).isNotEqualTo(endpoint(table, "yendpointz"));
        assertThat(endpoint("é".repeat(1 << 20), "chat")).matches("(%C3%A9){6}~[A-Za-z0-9_-]{22}");
    }

    private static String endpoint(String table, String endpoint) {
        return PolicyName.of(AppliedLimit.of(table, new Scope.Endpoint(endpoint), RateLimit.perMinute(1)));
    }

    private static String group(String table, String group) {
        return PolicyName.of(AppliedLimit.of(table, new Scope.Group(group), RateLimit.perMinute(1)));
    }
}
