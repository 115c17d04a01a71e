import SealanePacket

/// Why the metrics cannot be served at an endpoint.
package struct MetricsServerError: Error, Sendable, Hashable, CustomStringConvertible {
    package let endpoint: Endpoint
    package let why: String

    package var description: String {
        "cannot listen on TCP \(endpoint): \(why); "
            + "expected an address of this host, and a port that no other program uses"
    }
}
