import SealaneEligibility
import SealaneIdentity
import SealaneLinux

extension LocalFacts {
    /// What this host knows of itself apart from its certificate.
    ///
    /// - Parameters:
    ///   - metadata: the last answer of the instance metadata service; nil: there was none.
    ///   - problem: why the last reading failed; nil: it did not, or nothing was read yet.
    package init(
        stated: Facts, metadata: Facts?, _ use: Configuration.InstanceMetadata.Use, _ problem: InstanceMetadataError?
    ) {
        if let metadata {
            self.init(stated: stated, proven: [metadata])
        } else if use == .on {
            let reason = Reason(
                code: .factsUnknown, observed: problem.map { "\($0)" } ?? "instance metadata was not asked yet",
                required: "an answer of the instance metadata service", source: "instance.metadata: on")
            self.init(stated: stated, reasons: [reason])
        } else {
            self.init(stated: stated)
        }
    }
}

extension Configuration.InstanceMetadata {
    package func client(_ limits: InstanceMetadataClient.Limits = .init()) -> InstanceMetadataClient {
        InstanceMetadataClient(
            endpoints: endpoint.map { [$0] } ?? InstanceMetadataClient.linkLocalEndpoints, limits: limits)
    }
}

extension Configuration {
    /// What an agent with this configuration would know of its host now, its certificate aside. Throws if it would refuse
    /// every peer for it.
    package func hostFacts() async throws(ConfigurationError) -> Facts {
        guard metadata.isAsked(hardwareVendor: HostHardware.vendor) else { return facts }
        var answer: Facts?
        var problem: InstanceMetadataError?
        do throws(InstanceMetadataError) {
            answer = try await metadata.client().facts(ofInterfaceWith: agent.listen.address)
        } catch {
            problem = error
        }
        let local = LocalFacts(stated: facts, metadata: answer, metadata.use, problem)
        guard local.reasons.isEmpty else {
            throw ConfigurationError(problems: local.reasons.map { source.problem(at: "instance", "\($0)") })
        }
        return local.facts
    }
}
