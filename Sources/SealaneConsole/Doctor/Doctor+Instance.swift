import FoundationEssentials
import SealaneConfiguration
import SealaneControl
import SealaneEligibility
import SealaneIdentity
import SealaneLinux
import SealaneTunnel

/// The facts of the instance, and whether their sources agree.
extension Doctor {
    func instance(_ configuration: Configuration) async -> [DoctorReport.Check] {
        let (checks, metadata) = await instanceMetadata(configuration)
        let isUsed = configuration.metadata.isAsked(hardwareVendor: hardwareVendor)
        let local = LocalFacts(stated: configuration.facts, proven: isUsed ? [metadata].compactMap(\.self) : [])
        let (certificate, facts) = Self.certificates(configuration, local)
        return checks + certificate + Self.requirement(configuration) + Self.facts(facts.facts, configuration.policy)
    }

    /// - Parameter hostFacts: the facts of the instance without those of its certificate.
    private static func certificates(
        _ configuration: Configuration, _ hostFacts: LocalFacts
    ) -> ([DoctorReport.Check], LocalFacts) {
        guard configuration.identity != nil else { return ([], hostFacts) }
        let identities: Identities
        do {
            // Nobody sees the signature over the static key, so any key will do.
            var random = SystemRandomNumberGenerator()
            identities = try Identities(configuration, publicKey: PrivateKey(drawnFrom: &random).publicKey)
        } catch {
            return ([.init("certificate", .problem, "\(error)")], hostFacts)
        }
        let (checks, facts) = certificate(configuration, identities, hostFacts)
        let odd = identities.warnings.map { DoctorReport.Check("trust", .warning, $0) }
        return (checks + odd + revocations(configuration, identities), facts)
    }

    private static func revocations(
        _ configuration: Configuration, _ identities: Identities
    ) -> [DoctorReport.Check] {
        let name = "revocations"
        let isRefusing = configuration.identity?.refusesStaleRevocations == true
        guard let lists = identities.revocations else { return [] }
        return RevocationListReport.all(of: lists, staleAfter: identities.listsStaleAfter, at: Date()).map { list in
            guard list.stale else { return .init(name, .ok, list.summary) }
            return .init(
                name, isRefusing ? .problem : .warning,
                "\(list.summary)\(isRefusing ? ": every certificate is refused" : "")",
                remedy: ReasonCode.revocationListStale.remedy)
        }
    }

    private static func certificate(
        _ configuration: Configuration, _ identities: Identities, _ hostFacts: LocalFacts
    ) -> ([DoctorReport.Check], LocalFacts) {
        let name = "certificate"
        if identities.isAwaitingCertificate {
            let path = configuration.identity?.own?.certificateFile ?? ""
            let check = DoctorReport.Check(
                name, .warning, "\(path) does not exist yet: peers that require a certificate refuse this host",
                remedy: "sealane identity csr, then have it signed, then: sealane reload")
            return ([check], hostFacts)
        }
        guard let own = identities.own else {
            return ([.init(name, .ok, "this host presents no certificate; it verifies those of peers")], hostFacts)
        }
        let now = Date()
        let (facts, identity) = identities.localFacts(with: hostFacts, at: now)
        let reasons = facts.reasons.filter { !hostFacts.reasons.contains($0) }
        guard reasons.isEmpty else {
            return (reasons.map { .init(name, .problem, "\($0)", remedy: $0.code.remedy) }, facts)
        }
        let seen = "\(own.certificate.uri), valid until \(own.certificate.validity.upperBound.formatted(.iso8601))"
        if let identity, identity.certificateValidity.endsSoon(at: now) {
            return ([.init(name, .warning, seen, remedy: "it expires soon: renew it, then: sealane reload")], facts)
        }
        return ([.init(name, .ok, seen)], facts)
    }

    private static func requirement(_ configuration: Configuration) -> [DoctorReport.Check] {
        guard configuration.believesWithoutCertificate else { return [] }
        return [
            .init(
                "require-certificate", .warning,
                "policy.require-certificate is off: the facts stated about a peer count until it presents a certificate, "
                    + "and such a peer can neither be revoked nor expire",
                remedy: "set it to on once every peer has a certificate")
        ]
    }

    /// Asks the service if the agent does, and always on EC2.
    private func instanceMetadata(_ configuration: Configuration) async -> ([DoctorReport.Check], Facts?) {
        let name = "instance-metadata"
        let use = configuration.metadata.use
        let isOnEC2 = Configuration.InstanceMetadata.isOnEC2(hardwareVendor: hardwareVendor)
        guard isOnEC2 || configuration.metadata.isAsked(hardwareVendor: hardwareVendor) else {
            return ([notAsked(name, use)], nil)
        }
        let limits = InstanceMetadataClient.Limits(connect: patience / 2, whole: patience)
        let facts: Facts
        do throws(InstanceMetadataError) {
            facts = try await configuration.metadata.client(limits)
                .facts(ofInterfaceWith: configuration.agent.listen.address)
        } catch {
            let remedy: String? =
                switch use {
                case .on:
                    "make the service answer, or set instance.metadata to off: no peer is eligible until it answers"
                case .auto:
                    "make the service answer, or set instance.metadata to off: stated facts count until it answers"
                case .off: nil
                }
            return ([.init(name, use == .on ? .problem : .warning, "\(error)", remedy: remedy)], nil)
        }
        let reasons = LocalFacts(stated: configuration.facts, proven: [facts]).reasons
        var checks = reasons.map { reason in
            DoctorReport.Check(name, use == .off ? .warning : .problem, "\(reason)", remedy: reason.code.remedy)
        }
        if facts.addresses == nil {
            checks.append(
                .init(
                    name, .warning,
                    "no network interface of this instance has the listen address \(configuration.agent.listen.address)",
                    remedy: "set agent.listen to an address of one of them: otherwise VPC and subnet are unknown"))
        }
        if checks.isEmpty {
            let known = FactName.allCases.compactMap { name in facts[name].map { "\(name) \($0.value)" } }
            checks = [.init(name, .ok, "no contradiction: \(known.joined(separator: ", "))")]
        }
        return (checks, facts)
    }

    private func notAsked(_ name: String, _ use: Configuration.InstanceMetadata.Use) -> DoctorReport.Check {
        if use == .off { return .init(name, .ok, "not asked: instance.metadata is off") }
        guard let hardwareVendor else {
            return .init(
                name, .warning, "not asked: the firmware does not say whether this is an EC2 machine",
                remedy: "set instance.metadata to on if it is, otherwise to off")
        }
        return .init(name, .ok, "not asked: this is not an EC2 machine (its maker: \(hardwareVendor))")
    }

    private static func facts(_ facts: Facts, _ policy: Policy) -> [DoctorReport.Check] {
        let unknown = policy.neededFacts.filter { facts.known($0) == nil }
        var checks = unknown.map { name in
            DoctorReport.Check(
                "instance-\(name)", .problem, "this instance's \(name) is unknown: no peer is eligible",
                remedy: "set instance.\(name), or have the agent ask instance metadata: instance.metadata")
        }
        if let type = facts.known(.instanceType) {
            checks.append(instanceType(type, policy))
        }
        return checks
    }

    private static func instanceType(_ type: Fact<String>, _ policy: Policy) -> DoctorReport.Check {
        let name = "instance-type"
        let support = InstanceTypeCatalog.support(of: type.value, policy: policy)
        let said = "\(type.value) (\(type.provenance))"
        if policy[.types] == .ignore, support.status != .supported {
            return .init(name, .warning, "\(said) is not known to encrypt in transit: ignored by policy")
        }
        return switch support.status {
        case .supported: .init(name, .ok, "\(said) encrypts in transit, according to the \(support.source)")
        case .unsupported:
            .init(
                name, .problem, "\(said) does not encrypt in transit, according to the \(support.source)",
                remedy: ReasonCode.localTypeUnsupported.remedy)
        case .unknown:
            .init(
                name, .problem, "\(said) is in no catalog: \(support.note ?? "unknown family")",
                remedy: ReasonCode.localTypeUnsupported.remedy)
        }
    }
}
