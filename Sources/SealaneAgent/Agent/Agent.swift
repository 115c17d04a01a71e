import FoundationEssentials
import Logging
import SealaneAEAD
import SealaneConfiguration
import SealaneControl
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealaneLinux
import SealanePacket
import SealaneTunnel
import Synchronization

/// One running agent: its TUN device, lanes, control thread and control socket.
package final class Agent: Sendable {
    let configurationPath: String
    /// The configuration at the start. The control thread holds the one in force.
    let configuration: Configuration
    /// The tunnel device's MTU at the start. Later the control thread adapts it to the underlay.
    let mtu: Int
    let provider: AEADProvider.Choice
    let suites: [CipherSuite]
    /// The offloads at the start. The readings of lanes tell which were lost later.
    let offloads: OffloadPlan
    let publicKey: PublicKey
    /// Nil: the agent does not ask instance metadata.
    let metadata: InstanceMetadataWatch?
    let startedAt = ReportClock.ofHost()
    let control: ControlThread
    let filter: OverlayFilterWatch
    /// Nil: there is no audit log.
    let auditLog: AuditLog?
    let logger: Logger
    /// The log to which `logger` writes; nil: another one, which does not count lost lines.
    let log: AgentLog?
    /// Makes reloads run one at a time.
    let reloads = Lock(ReloadQueue())
    private let dataplane: Dataplane
    private let timestamps: TimestampStore
    /// Whether this start created the device.
    private let isDeviceNew: Bool

    /// Creates the device with its addresses and routes, and starts the lanes. If this throws, it leaves behind only
    /// the prohibit routes (`OverlayProhibitRoutes`) and the overlay filter.
    ///
    /// - Parameters:
    ///   - metadata: must have been read once; `followInstanceMetadata` applies later readings. Nil: the agent does not
    ///     ask.
    ///   - certificateWorker: verifies peers' certificates. Nil: a worker that the agent creates.
    ///   - failed: called, on any thread, for each lane that loses its device or socket for good.
    package init(
        _ configuration: Configuration, path: String, metadata: InstanceMetadataWatch?,
        certificateWorker: CertificateWorker? = nil, logger: Logger, log: AgentLog? = nil,
        failed: @escaping @Sendable (SystemError) -> Void
    ) throws {
        auditLog = try Self.auditLog(of: configuration, logger)
        try Directory.create(configuration.agent.stateDirectory, mode: 0o700)
        let privateKey = try Self.privateKey(of: configuration, logger)
        let disk = DiskThread(name: "sealane-disk", patience: .seconds(3))
        let peers = try Self.peers(of: configuration, publicKey: privateKey.publicKey, disk, logger)
        let certified = try CertifiedPeers(inStateDirectory: configuration.agent.stateDirectory)
        timestamps = try TimestampStore(inStateDirectory: configuration.agent.stateDirectory, logger: logger)
        let hostFacts = metadata?.local ?? LocalFacts(stated: configuration.facts)
        try Self.makeIdentityKey(of: configuration, logger)
        var identities = try Identities(configuration, publicKey: privateKey.publicKey)
        identities.log(to: logger, by: disk)
        let routes = try RouteWitness(configuration)
        if identities.isAwaitingCertificate, let own = configuration.identity?.own {
            logger.warning(
                "this host has no certificate yet; request one, then: sealane reload",
                metadata: [
                    "file": "\(own.certificateFile)",
                    "request": "sealane identity csr --config \(path) --key \(own.keyFile)",
                ])
        }
        let claims = try Self.claims(of: hostFacts.facts, identities, configuration)
        guard Capability.hasNetAdmin else { throw AgentError.missingNetAdmin }
        let interface = configuration.agent.interface
        let paths = try UnderlayPaths.find(for: configuration.agent, to: peers.definitions.map(\.endpoint))
        guard let paths else { throw ListenAddressGone(configuration.agent.listen) }
        mtu = configuration.agent.mtu ?? paths.deviceMTU(for: configuration.agent, peers.definitions)
        paths.warn(of: configuration.agent, peers.definitions, logger)
        self.configuration = configuration
        configurationPath = path
        publicKey = privateKey.publicKey
        self.metadata = metadata
        self.logger = logger
        self.log = log

        // The device and the filter of a running agent must not be touched.
        try TunDevice.requireUnused(interface)
        let isNew = NetworkInterface.isAbsent(interface)
        isDeviceNew = isNew
        let provider = try Self.provider(configuration)
        self.provider = provider
        let suites = try Self.suites(configuration)
        self.suites = suites
        let laneCount = configuration.laneCount
        // Before anything touches the device, so that no overlay packet bypasses the tunnel. The filter stays if the
        // start fails.
        let filter = try OverlayFilterWatch(
            OverlayFilter.Scope(configuration.agent, laneCount: Int(laneCount)), prefixes: peers.prefixes,
            logger: logger)
        self.filter = filter
        do {
            let ports = try LanePorts(configuration, laneCount: laneCount, mtu: mtu, logger)
            offloads = ports.offloads
            Self.ignoreRoutesWithoutCarrier(of: interface, logger)
            try InterfaceConfiguration.replaceAddresses(
                of: interface, with: configuration.agent.addresses.map { "\($0)" })
            dataplane = try Dataplane(
                Dataplane.Settings(
                    laneCount: laneCount, provider: provider.provider, offloads: ports.offloads,
                    spins: configuration.lanes.spins,
                    processors: configuration.lanes.processors),
                ports: { number throws(SystemError) in try ports.open(number) }, failed: failed)
        } catch {
            filter.stop()
            // Another agent may have created the device in the meantime.
            if isNew, (try? TunDevice.isInUse(interface)) == false { Self.removeDevice(interface, logger) }
            throw error
        }
        do {
            let settings = Tunnel.Settings(
                fleet: configuration.fleetName, suites: suites, listen: configuration.agent.listen,
                laneCount: dataplane.laneCount, interfaceMTU: paths.mtu, claims: claims,
                credential: identities.own?.credential ?? [],
                rekeyAfter: configuration.session.rekeyAfter)
            let device = try DeviceWatch(
                DeviceState(
                    index: NetworkInterface.index(of: interface), name: interface, mtu: mtu,
                    addresses: configuration.agent.addresses.map { "\($0)" }))
            var loop = ControlLoop(
                tunnel: Tunnel(settings: settings, privateKey: privateKey, random: SystemRandomNumberGenerator()),
                dataplane: dataplane, configuration: configuration, hostFacts: hostFacts, identities: identities,
                routes: routes, peerSet: peers, certified: certified,
                certificates: CertificateQueue(try certificateWorker ?? CertificateWorker()), disk: disk,
                filter: filter,
                device: device, hasSuperpackets: offloads.ofTun != nil, paths: paths, auditLog: auditLog,
                logger: logger,
                deviceIsGone: failed)
            loop.tunnel.restore(timestamps.read())
            loop.timestamps = timestamps
            auditLog?.record(.agentStarted())
            loop.followPathPolicy()
            try loop.followPeerSet()
            loop.warnOfBelievedPeers()
            control = try ControlThread(loop, events: dataplane.events)
        } catch {
            filter.stop()
            dataplane.stop()
            auditLog?.record(.agentStopped())
            auditLog?.finish()
            if isNew { Self.removeDevice(interface, logger) }
            throw error
        }
    }

    /// Reads instance metadata at intervals, and has every peer judged by the new facts, until the task is cancelled.
    func followInstanceMetadata() async {
        guard let metadata else { return }
        while true {
            await metadata.waitForNextReading()
            guard !Task.isCancelled else { return }
            await readInstanceMetadata()
        }
    }

    /// Reads instance metadata now, if the agent asks it at all.
    func readInstanceMetadata() async {
        guard let metadata else { return }
        await metadata.read()
        do throws(ControlError) {
            try await control.perform { loop in loop.adopt(metadata.local) }
        } catch {
            logger.error("instance metadata was not applied", metadata: ["why": "\(error)"])
        }
    }

    /// Ends the lanes and the control thread, wipes the keys, and removes the device with its addresses and routes.
    /// From then on the kernel refuses packets to peers, by the prohibit routes.
    package func stop() throws(SystemError) {
        abandon()
        try TunDevice.remove(configuration.agent.interface)
    }

    /// Ends the lanes and the control thread but keeps the device: packets to peers are dropped there and do not leave
    /// in the clear.
    package func abandon() {
        filter.stop()
        if !control.stop() {
            logger.error(
                "the control thread does not end; the agent ends without it",
                metadata: ["look-at": "does the file system of \(configuration.agent.stateDirectory) respond?"])
        }
        timestamps.close()
        dataplane.stop()
        auditLog?.record(.agentStopped())
        auditLog?.finish()
    }

    /// Ends the agent after a later step of the start failed. Keeps a device that existed before, with the routes of a
    /// killed agent.
    func undoStart() {
        abandon()
        if isDeviceNew { Self.removeDevice(configuration.agent.interface, logger) }
    }

    /// Makes the kernel refuse packets to peers at once if the agent is killed, instead of dropping them on the device.
    /// They do not leave in the clear either way.
    private static func ignoreRoutesWithoutCarrier(of interface: String, _ logger: Logger) {
        do throws(SystemError) {
            try InterfaceConfiguration.ignoreRoutesWithoutCarrier(interface)
        } catch {
            logger.notice(
                "after a crash of the agent, applications that send to peers will wait instead of failing",
                metadata: ["why": "\(error)"])
        }
    }

    private static func removeDevice(_ interface: String, _ logger: Logger) {
        do throws(SystemError) {
            try TunDevice.remove(interface)
        } catch {
            logger.error("the tunnel device cannot be removed", metadata: ["why": "\(error)"])
        }
    }

    private static func peers(
        of configuration: Configuration, publicKey: PublicKey, _ disk: DiskThread, _ logger: Logger
    ) throws -> PeerSet {
        let added = try AddedPeers(inStateDirectory: configuration.agent.stateDirectory, disk: disk)
        let keys = try PeerKeys(configuration, added, publicKey: publicKey, logger)
        let host = PeerSet.Host(
            listen: configuration.agent.listen, addresses: configuration.agent.addresses, publicKey: publicKey)
        var peers = PeerSet(of: host, configured: keys.configured, added: added)
        peers.adopt(keys.configured, keys.added)
        return peers
    }

    /// Reads the private key, or creates it in memory or in the file, as the configuration says.
    private static func privateKey(
        of configuration: Configuration, _ logger: Logger
    ) throws(ConfigurationError) -> PrivateKey {
        var random = SystemRandomNumberGenerator()
        do throws(IdentityError) {
            guard let path = configuration.agent.privateKeyFile else {
                let key = try PrivateKey(drawnFrom: &random)
                logger.notice("private key created, in memory only", metadata: ["public-key": "\(key.publicKey)"])
                return key
            }
            do throws(IdentityError) {
                return try PrivateKeyFile.read(path)
            } catch  where error.meansNoSuchFile && configuration.agent.generatesKeys {
                let key = try PrivateKeyFile.create(path, using: &random)
                logger.notice("private key created", metadata: ["file": "\(path)", "public-key": "\(key.publicKey)"])
                return key
            }
        } catch {
            let key = configuration.agent.privateKeyFile == nil ? "agent.ephemeral" : "agent.private-key-file"
            throw ConfigurationError(problems: [configuration.source.problem(at: key, "\(error)")])
        }
    }

    /// Creates the identity key if the configuration says so and the file is missing.
    private static func makeIdentityKey(
        of configuration: Configuration, _ logger: Logger
    ) throws(ConfigurationError) {
        guard configuration.agent.generatesKeys, let path = configuration.identity?.own?.keyFile else { return }
        var random = SystemRandomNumberGenerator()
        do throws(IdentityError) {
            if try IdentityKeyFile.readOrCreate(path, using: &random).isNew {
                logger.notice("identity key created", metadata: ["file": "\(path)"])
            }
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "identity.key-file", "\(error)")])
        }
    }

    private static func auditLog(
        of configuration: Configuration, _ logger: Logger
    ) throws(ConfigurationError) -> AuditLog? {
        guard let path = configuration.auditLogPath else { return nil }
        do throws(SystemError) {
            return try AuditLog(path: path, logger: logger)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "audit-log.path", "\(error)")])
        }
    }

    private static func provider(_ configuration: Configuration) throws(ConfigurationError) -> AEADProvider.Choice {
        do throws(AEADError) {
            return try AEADProvider.choose(configuration.crypto.provider)
        } catch {
            throw ConfigurationError(problems: [configuration.source.problem(at: "crypto.provider", "\(error)")])
        }
    }

    private static func suites(_ configuration: Configuration) throws(ConfigurationError) -> [CipherSuite] {
        let wanted = configuration.crypto.suites ?? CipherSuite.available
        for (index, suite) in wanted.enumerated() where !CipherSuite.available.contains(suite) {
            throw ConfigurationError(problems: [
                configuration.source.problem(at: "crypto.suites[\(index)]", "\(AEADError.suiteUnavailable(suite))")
            ])
        }
        return wanted
    }

    static func claims(
        of facts: Facts, _ identities: Identities, _ configuration: Configuration
    ) throws(ConfigurationError) -> [UInt8] {
        do throws(ClaimsError) {
            return try identities.claims(of: facts)
        } catch {
            throw ConfigurationError(problems: [
                configuration.source.problem(at: "instance", "these facts cannot be sent to a peer: \(error)")
            ])
        }
    }
}

extension NetworkInterface {
    fileprivate static func isAbsent(_ name: String) -> Bool {
        do throws(SystemError) {
            _ = try index(of: name)
            return false
        } catch {
            return true
        }
    }
}
