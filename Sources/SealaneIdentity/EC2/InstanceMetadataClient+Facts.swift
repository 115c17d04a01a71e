import FoundationEssentials
import SealaneEligibility
import SealanePacket

/// The instance metadata that Sealane uses. Only the identity document is signed.
extension InstanceMetadataClient {
    private static var items: String { "/latest/meta-data" }
    private static var identity: String { "/latest/dynamic/instance-identity" }

    /// The facts of this instance, with provenance `instanceMetadata`. A fact that the service does not have is nil.
    ///
    /// VPC, subnet and addresses are those of the network interface that has `address`; nil if no interface has it.
    /// Addresses are host routes, IPv4 first.
    package func facts(ofInterfaceWith address: IPAddress) async throws(InstanceMetadataError) -> Facts {
        try await call { exchange throws(InstanceMetadataError) in
            var facts = Facts()
            facts[.instanceID] = try await required("\(Self.items)/instance-id", "an instance ID, i-...", exchange)
            facts[.instanceType] = try await required(
                "\(Self.items)/instance-type", "an instance type such as c5n.large", exchange)
            facts[.region] = try await fact("\(Self.items)/placement/region", "a Region such as us-east-1", exchange)
            facts[.zone] = try await fact(
                "\(Self.items)/placement/availability-zone", "an Availability Zone such as us-east-1a", exchange)
            facts[.account] = try await accountOfDocument(exchange)
            guard let interface = try await interface(with: address, exchange) else { return facts }
            facts[.vpc] = try await fact("\(interface)/vpc-id", "a VPC ID, vpc-...", exchange)
            facts[.subnet] = try await fact("\(interface)/subnet-id", "a subnet ID, subnet-...", exchange)
            facts.addresses = Fact(
                try await addresses("\(interface)/local-ipv4s", exchange)
                    + addresses("\(interface)/ipv6s", exchange), .instanceMetadata)
            if facts[.account] == nil {
                facts[.account] = try await fact("\(interface)/owner-id", "an account ID of 12 digits", exchange)
            }
            return facts
        }
    }

    /// The RSA-2048 signature of the identity document, with the document inside, for `InstanceIdentityDocument`:
    /// base64 in lines, without PEM headers. Not verified here.
    package func signedIdentityDocument() async throws(InstanceMetadataError) -> [UInt8] {
        try await call { exchange throws(InstanceMetadataError) in
            try await bytes("\(Self.identity)/rsa2048", exchange)
        }
    }

    // MARK: Single items

    private func required(
        _ path: String, _ expected: String, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> Fact<String> {
        if let fact = try await fact(path, expected, exchange) { return fact }
        throw InstanceMetadataError("GET \(path)", .absent)
    }

    /// A fact: 1 to 64 printable characters without spaces.
    private func fact(
        _ path: String, _ expected: String, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> Fact<String>? {
        guard let response = try await item(path, exchange) else { return nil }
        guard (1...64).contains(response.body.count), response.body.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw .unexpected(response.request, response.body, expected: expected)
        }
        return Fact(String(decoding: response.body, as: UTF8.self), .instanceMetadata)
    }

    private func bytes(
        _ path: String, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> [UInt8] {
        guard let response = try await item(path, exchange) else {
            throw InstanceMetadataError("GET \(path)", .absent)
        }
        guard !response.body.isEmpty else {
            throw .unexpected(response.request, [], expected: "an instance identity document and its signature")
        }
        return response.body
    }

    private func accountOfDocument(
        _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> Fact<String>? {
        struct Document: Decodable {
            let accountId: String
        }
        guard let response = try await item("\(Self.identity)/document", exchange) else { return nil }
        guard let account = try? JSONDecoder().decode(Document.self, from: Data(response.body)).accountId,
            account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            throw .unexpected(response.request, response.body, expected: "JSON with an accountId of 12 digits")
        }
        return Fact(account, .instanceMetadata)
    }

    // MARK: Network interfaces

    /// The path of the interface that has `address`; nil if none has it.
    private func interface(
        with address: IPAddress, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> String? {
        let list = "\(Self.items)/network/interfaces/macs"
        guard let response = try await item("\(list)/", exchange) else { return nil }
        for line in response.body.split(separator: UInt8(ascii: "\n")) {
            let mac = line.last == UInt8(ascii: "/") ? line.dropLast() : line
            guard Self.isMAC(mac) else {
                throw .unexpected(response.request, Array(line), expected: "MAC addresses such as 0e:49:61:0f:c3:11/")
            }
            let path = "\(list)/\(String(decoding: mac, as: UTF8.self))"
            let own = try await addresses("\(path)/\(address.isIPv4 ? "local-ipv4s" : "ipv6s")", exchange)
            if own.contains(where: { $0.address == address }) { return path }
        }
        return nil
    }

    /// Empty if the item does not exist: an interface may have addresses of one family only.
    private func addresses(
        _ path: String, _ exchange: InstanceMetadataExchange
    ) async throws(InstanceMetadataError) -> [IPPrefix] {
        guard let response = try await item(path, exchange) else { return [] }
        var prefixes: [IPPrefix] = []
        for line in response.body.split(separator: UInt8(ascii: "\n")) {
            guard let address = IPAddress(String(decoding: line, as: UTF8.self)),
                let prefix = IPPrefix(address: address, length: address.bitCount)
            else { throw .unexpected(response.request, Array(line), expected: "one IP address per line") }
            prefixes.append(prefix)
        }
        return prefixes
    }

    /// Whether `text` is six groups of two hexadecimal digits. It becomes part of a path, so nothing else is accepted.
    private static func isMAC(_ text: ArraySlice<UInt8>) -> Bool {
        let groups = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return groups.count == 6
            && groups.allSatisfy { group in
                group.count == 2
                    && group.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
            }
    }
}
