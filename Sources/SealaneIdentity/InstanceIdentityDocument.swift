import FoundationEssentials
import SealaneEligibility
import SealanePacket

/// What AWS signed of one instance: its instance identity document (EC2 user guide, "Instance identity documents").
///
/// A value exists only of a document whose signature was verified. It is no secret and no proof of who presents it: any
/// process of the instance can fetch it, for as long as the instance lives. Whoever issues an identity for it refuses
/// old ones (`requireFresh`), remembers `instanceID`, and binds it to one key.
public struct InstanceIdentityDocument: Sendable, Hashable {
    public let instanceID: String
    public let instanceType: InstanceType
    /// 12 digits.
    public let account: String
    public let region: String
    public let zone: String
    /// The primary address of the primary interface; nil if the instance has none.
    public let privateIPv4: IPAddress?
    /// When the instance was launched, or started again after a stop. A reboot does not change it.
    public let pendingTime: Date
    /// When AWS signed: a few seconds after `pendingTime`, once. It says nothing about freshness.
    public let signingTime: Date
    /// SHA-256 of the document's bytes: 64 hexadecimal digits, in lower case.
    public let digest: String

    /// What is known by AWS's signature. The VPC and the subnet are not in the document: unknown. The address is that of the
    /// network interface, which is no address of an overlay: whoever issues an identity takes it for one only where hosts
    /// have the same addresses in both.
    public var facts: Facts {
        let address = privateIPv4.flatMap { IPPrefix(address: $0, length: $0.bitCount) }
        return Facts(
            [
                .instanceID: Fact(instanceID, .signedDocument),
                .instanceType: Fact(instanceType.description, .signedDocument),
                .account: Fact(account, .signedDocument),
                .region: Fact(region, .signedDocument),
                .zone: Fact(zone, .signedDocument),
            ],
            addresses: address.map { Fact([$0], .signedDocument) })
    }

    /// How old a document may be unless the operator says otherwise: long enough for an instance that asks for its
    /// identity while it boots, short for one that was copied.
    public static var maximumAge: Duration { .seconds(300) }

    /// How far the clock of this host may be behind AWS's.
    public static var clockTolerance: Duration { .seconds(60) }

    /// Throws if the instance was launched longer ago than `maximumAge`, or more than `clockTolerance` in the future.
    public func requireFresh(
        at now: Date, maximumAge: Duration = Self.maximumAge
    ) throws(InstanceIdentityDocumentError) {
        let seconds = now.timeIntervalSince(pendingTime)
        let age = Duration.seconds(seconds)
        let times =
            "the instance was launched at \(pendingTime.formatted(.iso8601)) and it is \(now.formatted(.iso8601))"
        if age > maximumAge {
            throw InstanceIdentityDocumentError(
                .age, "\(times), \(Int(seconds.rounded(.up))) s later",
                required: "at most \(maximumAge.components.seconds) s")
        }
        if age < .zero - Self.clockTolerance {
            throw InstanceIdentityDocumentError(
                .age, "\(times), \(Int(-seconds.rounded(.down))) s earlier",
                required: "a launch in the past, or a clock at most \(Self.clockTolerance.components.seconds) s behind")
        }
    }
}
