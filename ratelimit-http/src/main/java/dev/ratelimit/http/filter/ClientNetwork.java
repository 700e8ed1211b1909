package dev.ratelimit.http.filter;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names of the networks that calls come from, to limit callers without a key. A customer of a provider has
 * 2<sup>64</sup> addresses of IPv6, so the first 64 bits are one network.
 */
public final class ClientNetwork {

    /** A text of which {@link InetAddress} makes an address without a look-up of names. */
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:][0-9a-fA-F.]*:[0-9a-fA-F:.]*");

    private static final int GROUPS = 4;

    private ClientNetwork() {}

    /**
     * Returns the network of an address.
     *
     * @param address the address as text; {@code null} if there is none, as for a socket of the file system
     * @return the first 64 bits of IPv6, such as {@code 2001:db8:0:1::/64}; any other text as it is; {@code ""} for
     *     {@code null}
     */
    @SuppressWarnings("exports") // the annotation is for tools, and requires no module of users
    public static String of(@Nullable String address) {
        if (address == null) {
            return "";
        }
        String plain = address.replaceAll("^\\[|[\\]%].*$", "");
        if (!IPV6.matcher(plain).matches()) {
            return address;
        }
        try {
            InetAddress parsed = InetAddress.getByName(plain);
            return parsed instanceof Inet6Address ? firstHalf(parsed.getAddress()) : parsed.getHostAddress();
        } catch (UnknownHostException e) {
            return address;
        }
    }

    private static String firstHalf(byte[] bytes) {
        StringBuilder network = new StringBuilder();
        for (int i = 0; i < GROUPS; i++) {
            int group = (bytes[2 * i] & 0xFF) << 8 | (bytes[2 * i + 1] & 0xFF);
            network.append(Integer.toHexString(group)).append(':');
        }
        return network.append(":/64").toString();
    }
}
