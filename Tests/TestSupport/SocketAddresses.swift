import SealaneLinux

/// The socket address that `text`, an IP address, and `port` name. Throws `Failure` if `text` is not an IP address.
package func address(_ text: String, _ port: UInt16 = 0) throws -> SocketAddress {
    guard let address = SocketAddress(text, port: port) else { throw Failure("\(text) is no address") }
    return address
}
