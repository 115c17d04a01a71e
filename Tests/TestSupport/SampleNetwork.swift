/// A network that has each of AWS's routing rules at work, as a snapshot by hand.
///
/// Hosts have addresses by their subnet: 10.0.3.10 is in subnet-a3 of vpc-a, 10.1.12.10 in subnet-b12 of vpc-b.
package enum SampleNetwork {
    package static let yaml = """
        schemaVersion: 1
        takenAt: 2026-11-21T12:00:00Z
        account: "123456789012"
        regions: [us-east-1, us-west-2]

        vpcs:
          - {id: vpc-a, region: us-east-1, cidrs: [10.0.0.0/16, "2001:db8:a::/56"]}
          - {id: vpc-b, region: us-east-1, cidrs: [10.1.0.0/16, "2001:db8:b::/56"]}
          - {id: vpc-c, region: us-east-1, cidrs: [10.2.0.0/16]}
          - {id: vpc-d, region: us-east-1, cidrs: [10.3.0.0/16]}
          - {id: vpc-e, region: us-west-2, cidrs: [10.4.0.0/16]}
          - {id: vpc-f, region: us-east-1, cidrs: [10.5.0.0/16]}
          - {id: vpc-g, region: us-east-1, cidrs: [10.6.0.0/16]}
          - {id: vpc-h, region: us-east-1, cidrs: [10.7.0.0/16]}
          - {id: vpc-j, region: us-east-1, cidrs: [10.8.0.0/16]}

        subnets:
          - {id: subnet-a1, vpc: vpc-a, zone: us-east-1a, cidrs: [10.0.1.0/24, "2001:db8:a:1::/64"]}
          - {id: subnet-a2, vpc: vpc-a, zone: us-east-1b, cidrs: [10.0.2.0/24]}
          - {id: subnet-a3, vpc: vpc-a, cidrs: [10.0.3.0/24]}
          - {id: subnet-a4, vpc: vpc-a, cidrs: [10.0.4.0/24]}
          - {id: subnet-a5, vpc: vpc-a, cidrs: [10.0.5.0/24]}
          - {id: subnet-a6, vpc: vpc-a, cidrs: [10.0.6.0/24]}
          - {id: subnet-a7, vpc: vpc-a, cidrs: [10.0.7.0/24]}
          - {id: subnet-a8, vpc: vpc-a, cidrs: [10.0.8.0/24]}
          - {id: subnet-a9, vpc: vpc-a, cidrs: [10.0.9.0/28]}
          - {id: subnet-a10, vpc: vpc-a, cidrs: [10.0.10.0/24]}
          - {id: subnet-a11, vpc: vpc-a, cidrs: [10.0.11.0/24]}
          - {id: subnet-a12, vpc: vpc-a, cidrs: [10.0.12.0/24]}
          - {id: subnet-a13, vpc: vpc-a, cidrs: [10.0.13.0/24]}
          - {id: subnet-a14, vpc: vpc-a, cidrs: [10.0.14.0/24]}
          - {id: subnet-a20, vpc: vpc-a, cidrs: [10.0.20.0/24]}
          - {id: subnet-b1, vpc: vpc-b, cidrs: [10.1.1.0/24, "2001:db8:b:1::/64"]}
          - {id: subnet-b2, vpc: vpc-b, cidrs: [10.1.2.0/24]}
          - {id: subnet-b3, vpc: vpc-b, cidrs: [10.1.3.0/24, "2001:db8:b:3::/64"]}
          - {id: subnet-b4, vpc: vpc-b, cidrs: [10.1.4.0/24]}
          - {id: subnet-b5, vpc: vpc-b, cidrs: [10.1.5.0/24]}
          - {id: subnet-b6, vpc: vpc-b, cidrs: [10.1.6.0/24]}
          - {id: subnet-b7, vpc: vpc-b, cidrs: [10.1.7.0/24]}
          - {id: subnet-b8, vpc: vpc-b, cidrs: [10.1.8.0/24]}
          - {id: subnet-b9, vpc: vpc-b, cidrs: [10.1.9.0/24]}
          - {id: subnet-b10, vpc: vpc-b, cidrs: [10.1.10.0/24]}
          - {id: subnet-b11, vpc: vpc-b, cidrs: [10.1.11.0/24]}
          - {id: subnet-b12, vpc: vpc-b, cidrs: [10.1.12.0/24]}
          - {id: subnet-b13, vpc: vpc-b, cidrs: [10.1.13.0/24]}
          - {id: subnet-b14, vpc: vpc-b, cidrs: [10.1.14.0/24]}
          - {id: subnet-b15, vpc: vpc-b, cidrs: [10.1.15.0/24]}
          - {id: subnet-b16, vpc: vpc-b, cidrs: [10.1.16.0/24]}
          - {id: subnet-b17, vpc: vpc-b, cidrs: [10.1.17.0/24]}
          - {id: subnet-c1, vpc: vpc-c, cidrs: [10.2.1.0/24]}
          - {id: subnet-c2, vpc: vpc-c, cidrs: [10.2.2.0/24]}
          - {id: subnet-d1, vpc: vpc-d, cidrs: [10.3.1.0/24]}
          - {id: subnet-e1, vpc: vpc-e, cidrs: [10.4.1.0/24]}
          - {id: subnet-f1, vpc: vpc-f, cidrs: [10.5.1.0/24]}
          - {id: subnet-g1, vpc: vpc-g, cidrs: [10.6.1.0/24]}
          - {id: subnet-h1, vpc: vpc-h, cidrs: [10.7.1.0/24]}
          - {id: subnet-j1, vpc: vpc-j, cidrs: [10.8.1.0/24]}
          - {id: subnet-j2, vpc: vpc-j, cidrs: [10.8.2.0/24]}

        routeTables:
          - id: rtb-a-main
            vpc: vpc-a
            associations: [{main: true}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: "2001:db8:a::/56", target: local, origin: CreateRouteTable}
              - {destination: 10.1.0.0/16, target: pcx-ab}
              - {destination: "2001:db8:b::/56", target: pcx-ab}
              - {destination: 10.2.0.0/16, target: tgw-1}
              - {destination: 10.3.0.0/16, target: pcx-ad}
              - {destination: 10.4.0.0/16, target: pcx-ae}
              - {destination: 10.5.0.0/16, target: pcx-af, state: blackhole}
              - {destination: pl-1, target: tgw-1}
              - {destination: 192.168.0.0/16, target: vgw-a}
              - {destination: 0.0.0.0/0, target: igw-a}
          - id: rtb-a3
            vpc: vpc-a
            associations: [{subnet: subnet-a3}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.4.0/24, target: eni-fw}
          - id: rtb-a4
            vpc: vpc-a
            associations: [{subnet: subnet-a4}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.3.0/24, target: eni-fw}
              - {destination: 10.0.4.0/24, target: eni-fw}
          - id: rtb-a5
            vpc: vpc-a
            associations: [{subnet: subnet-a5}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.6.0/24, target: nat-a}
          - id: rtb-a8
            vpc: vpc-a
            associations: [{subnet: subnet-a8}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.9.0/28, target: eni-a9}
          - id: rtb-a10
            vpc: vpc-a
            associations: [{subnet: subnet-a10}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.2.0.0/16, target: pcx-ab}
              - {destination: 10.9.0.0/16, target: pcx-ab}
          - id: rtb-a11
            vpc: vpc-a
            associations: [{subnet: subnet-a11}]
            routes:
              - {destination: 10.0.0.0/16, target: eni-fw}
          - id: rtb-a12
            vpc: vpc-a
            associations: [{subnet: subnet-a12}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 0.0.0.0/0, target: nat-a}
          - id: rtb-a14
            vpc: vpc-a
            associations: [{subnet: subnet-a14}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.1.0.0/16, target: tgw-1}
              - {destination: 10.1.1.0/24, target: pcx-ab}
          - id: rtb-kinds
            vpc: vpc-a
            associations: [{subnet: subnet-a20}]
            routes:
              - {destination: 10.0.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.100.1.0/24, target: vpce-gwlb}
              - {destination: 10.100.2.0/24, target: lgw-1}
              - {destination: 10.100.3.0/24, target: cagw-1}
              - {destination: 10.100.4.0/24, target: "arn:aws:networkmanager::123456789012:core-network/core-network-1"}
              - {destination: 10.100.5.0/24, target: "arn:aws:odb:us-east-1:123456789012:odb-network/odbnet-1"}
              - {destination: 10.100.6.0/24, target: 10.0.7.9, origin: Advertisement}
              - {destination: 10.100.7.0/24, target: quantum-link-1}
              - {destination: 10.100.8.0/24, target: i-fw}
              - {destination: 10.100.9.0/24, target: nat-a}
              - {destination: 10.100.10.0/24, target: igw-a}
              - {destination: 10.100.11.0/24, target: vgw-a}
              - {destination: 10.100.12.0/24, target: eni-fw}
              - {destination: 10.100.13.0/24, target: tgw-1}
              - {destination: 10.100.14.0/24, target: pcx-ab, state: filtered}
              - {destination: 10.100.15.0/24, target: local, state: draining}
          - id: rtb-b-main
            vpc: vpc-b
            associations: [{main: true}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: "2001:db8:b::/56", target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-ab}
              - {destination: "2001:db8:a::/56", target: pcx-ab}
              - {destination: 10.2.0.0/16, target: pcx-bc}
          - id: rtb-b2
            vpc: vpc-b
            associations: [{subnet: subnet-b2}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: tgw-1}
          - id: rtb-b3
            vpc: vpc-b
            associations: [{subnet: subnet-b3}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: "2001:db8:b::/56", target: local, origin: CreateRouteTable}
              - {destination: "::/0", target: eigw-b}
          - id: rtb-b4
            vpc: vpc-b
            associations: [{subnet: subnet-b4}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-ab}
              - {destination: 10.0.1.0/24, target: nat-b}
          - id: rtb-b5
            vpc: vpc-b
            associations: [{subnet: subnet-b5}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: pl-2, target: pcx-ab}
          - id: rtb-b6
            vpc: vpc-b
            associations: [{subnet: subnet-b6}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: pl-3, target: tgw-1}
              - {destination: 10.0.0.0/16, target: pcx-ab}
          - id: rtb-b7
            vpc: vpc-b
            associations: [{subnet: subnet-b7}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: vgw-b, origin: EnableVgwRoutePropagation}
              - {destination: pl-2, target: pcx-ab}
          - id: rtb-b8
            vpc: vpc-b
            associations: [{subnet: subnet-b8}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: vgw-b, origin: EnableVgwRoutePropagation}
          - id: rtb-b10
            vpc: vpc-b
            associations: [{subnet: subnet-b10}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: vgw-b, origin: EnableVgwRoutePropagation}
              - {destination: 10.0.0.0/16, target: pcx-ab}
          - id: rtb-b11
            vpc: vpc-b
            associations: [{subnet: subnet-b11}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.1.0/24, target: vgw-b, origin: EnableVgwRoutePropagation}
              - {destination: 10.0.0.0/16, target: pcx-ab}
          - id: rtb-b12
            vpc: vpc-b
            associations: [{subnet: subnet-b12}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.1.1.0/24, target: vgw-b, origin: EnableVgwRoutePropagation}
          - id: rtb-b13
            vpc: vpc-b
            associations: [{subnet: subnet-b13, state: associating}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-ab}
          - id: rtb-b14
            vpc: vpc-b
            associations: [{subnet: subnet-b14}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-ab}
              - {destination: pl-hidden, target: tgw-1}
          - id: rtb-b15
            vpc: vpc-b
            associations: [{subnet: subnet-b15}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: pl-2, target: pcx-ab}
              - {destination: pl-3, target: tgw-1}
          - id: rtb-b16
            vpc: vpc-b
            associations: [{subnet: subnet-b16}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-unseen}
          - id: rtb-b17
            vpc: vpc-b
            associations: [{subnet: subnet-b17}]
            routes:
              - {destination: 10.1.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-ab}
              - {destination: 10.0.0.0/16, target: 10.1.7.7, origin: Advertisement}
          - id: rtb-c-main
            vpc: vpc-c
            associations: [{main: true}]
            routes:
              - {destination: 10.2.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: tgw-1}
              - {destination: 10.1.0.0/16, target: pcx-bc}
          - id: rtb-c2
            vpc: vpc-c
            associations: [{subnet: subnet-c2}]
            routes:
              - {destination: 10.2.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-bc}
          - id: rtb-d-main
            vpc: vpc-d
            associations: [{main: true}]
            routes:
              - {destination: 10.3.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-ad}
          - id: rtb-e-main
            vpc: vpc-e
            associations: [{main: true}]
            routes:
              - {destination: 10.4.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-ae}
          - id: rtb-f-main
            vpc: vpc-f
            associations: [{main: true}]
            routes:
              - {destination: 10.5.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: pcx-af}
          - id: rtb-g-main
            vpc: vpc-g
            associations: [{main: true}]
            routes:
              - {destination: 10.6.0.0/16, target: local, origin: CreateRouteTable}
              - {destination: 10.0.0.0/16, target: tgw-1}
          - id: rtb-h-main
            vpc: vpc-h
            associations: [{main: true}]
            routes:
              - {destination: 10.7.0.0/16, target: local, origin: CreateRouteTable}

        prefixLists:
          - {id: pl-1, cidrs: [10.6.0.0/16, 10.1.9.0/24]}
          - {id: pl-2, cidrs: [10.0.0.0/16]}
          - {id: pl-3, cidrs: [10.0.0.0/16, 172.16.0.0/12]}

        peerings:
          - id: pcx-ab
            status: active
            requester: {vpc: vpc-a, region: us-east-1, cidrs: [10.0.0.0/16, "2001:db8:a::/56"]}
            accepter: {vpc: vpc-b, region: us-east-1, cidrs: [10.1.0.0/16, "2001:db8:b::/56"]}
          - id: pcx-bc
            status: active
            requester: {vpc: vpc-b, region: us-east-1, cidrs: [10.1.0.0/16]}
            accepter: {vpc: vpc-c, region: us-east-1, cidrs: [10.2.0.0/16]}
          - id: pcx-ad
            status: pending-acceptance
            requester: {vpc: vpc-a, region: us-east-1, cidrs: [10.0.0.0/16]}
            accepter: {vpc: vpc-d, region: us-east-1}
          - id: pcx-ae
            status: active
            requester: {vpc: vpc-a, region: us-east-1, cidrs: [10.0.0.0/16]}
            accepter: {vpc: vpc-e, region: us-west-2, cidrs: [10.4.0.0/16]}
          - id: pcx-af
            status: active
            requester: {vpc: vpc-a, region: us-east-1, cidrs: [10.0.0.0/16]}
            accepter: {vpc: vpc-f, region: us-east-1, cidrs: [10.5.0.0/16]}

        transitGatewayAttachments:
          - {id: tgw-attach-a, transitGateway: tgw-1, resourceType: vpc, resource: vpc-a}
          - {id: tgw-attach-c, transitGateway: tgw-1, resourceType: vpc, resource: vpc-c}

        interfaces:
          - id: eni-a1
            vpc: vpc-a
            subnet: subnet-a1
            addresses: [10.0.1.10, "2001:db8:a:1::10"]
            prefixes: [10.0.1.64/28]
            instance: i-a1
            deviceIndex: 0
          - {id: eni-a1y, vpc: vpc-a, subnet: subnet-a1, addresses: [10.0.1.11], instance: i-a1y}
          - {id: eni-a2, vpc: vpc-a, subnet: subnet-a2, addresses: [10.0.2.10], instance: i-a2}
          - {id: eni-a3, vpc: vpc-a, subnet: subnet-a3, addresses: [10.0.3.10], instance: i-a3}
          - {id: eni-a4, vpc: vpc-a, subnet: subnet-a4, addresses: [10.0.4.10], instance: i-a4}
          - {id: eni-a4y, vpc: vpc-a, subnet: subnet-a4, addresses: [10.0.4.11], instance: i-a4y}
          - {id: eni-a5, vpc: vpc-a, subnet: subnet-a5, addresses: [10.0.5.10], instance: i-a5}
          - {id: eni-a6, vpc: vpc-a, subnet: subnet-a6, addresses: [10.0.6.10], instance: i-a6}
          - {id: eni-fw, vpc: vpc-a, subnet: subnet-a7, addresses: [10.0.7.5], instance: i-fw, deviceIndex: 0}
          - {id: eni-fw2, vpc: vpc-a, subnet: subnet-a13, addresses: [10.0.13.5], instance: i-fw, deviceIndex: 1}
          - {id: eni-nat, vpc: vpc-a, subnet: subnet-a7, addresses: [10.0.7.20], type: nat_gateway, requesterManaged: true}
          - {id: eni-nlb, vpc: vpc-a, subnet: subnet-a7, addresses: [10.0.7.21], type: network_load_balancer}
          - {id: eni-alb, vpc: vpc-a, subnet: subnet-a7, addresses: [10.0.7.22], requesterManaged: true}
          - {id: eni-loose, vpc: vpc-a, subnet: subnet-a7, addresses: [10.0.7.23]}
          - {id: eni-efa, vpc: vpc-a, subnet: subnet-a7, addresses: [10.0.7.24], type: efa, instance: i-efa}
          - {id: eni-a8, vpc: vpc-a, subnet: subnet-a8, addresses: [10.0.8.10], instance: i-a8}
          - {id: eni-a9, vpc: vpc-a, subnet: subnet-a9, addresses: [10.0.9.10], instance: i-a9}
          - {id: eni-a9y, vpc: vpc-a, subnet: subnet-a9, addresses: [10.0.9.11], instance: i-a9y}
          - {id: eni-a10, vpc: vpc-a, subnet: subnet-a10, addresses: [10.0.10.10], instance: i-a10}
          - {id: eni-a11, vpc: vpc-a, subnet: subnet-a11, addresses: [10.0.11.10], instance: i-a11}
          - {id: eni-a12, vpc: vpc-a, subnet: subnet-a12, addresses: [10.0.12.10], instance: i-a12}
          - {id: eni-a14, vpc: vpc-a, subnet: subnet-a14, addresses: [10.0.14.10], instance: i-a14}
          - {id: eni-a20, vpc: vpc-a, subnet: subnet-a20, addresses: [10.0.20.10], instance: i-a20}
          - {id: eni-b1, vpc: vpc-b, subnet: subnet-b1, addresses: [10.1.1.10, "2001:db8:b:1::10"], instance: i-b1}
          - {id: eni-b2, vpc: vpc-b, subnet: subnet-b2, addresses: [10.1.2.10], instance: i-b2}
          - {id: eni-b3, vpc: vpc-b, subnet: subnet-b3, addresses: [10.1.3.10, "2001:db8:b:3::10"], instance: i-b3}
          - {id: eni-b4, vpc: vpc-b, subnet: subnet-b4, addresses: [10.1.4.10], instance: i-b4}
          - {id: eni-b5, vpc: vpc-b, subnet: subnet-b5, addresses: [10.1.5.10], instance: i-b5}
          - {id: eni-b6, vpc: vpc-b, subnet: subnet-b6, addresses: [10.1.6.10], instance: i-b6}
          - {id: eni-b7, vpc: vpc-b, subnet: subnet-b7, addresses: [10.1.7.10], instance: i-b7}
          - {id: eni-b8, vpc: vpc-b, subnet: subnet-b8, addresses: [10.1.8.10], instance: i-b8}
          - {id: eni-b9, vpc: vpc-b, subnet: subnet-b9, addresses: [10.1.9.10], instance: i-b9}
          - {id: eni-b10, vpc: vpc-b, subnet: subnet-b10, addresses: [10.1.10.10], instance: i-b10}
          - {id: eni-b11, vpc: vpc-b, subnet: subnet-b11, addresses: [10.1.11.10], instance: i-b11}
          - {id: eni-b12, vpc: vpc-b, subnet: subnet-b12, addresses: [10.1.12.10], instance: i-b12}
          - {id: eni-b13, vpc: vpc-b, subnet: subnet-b13, addresses: [10.1.13.10], instance: i-b13}
          - {id: eni-b14, vpc: vpc-b, subnet: subnet-b14, addresses: [10.1.14.10], instance: i-b14}
          - {id: eni-b15, vpc: vpc-b, subnet: subnet-b15, addresses: [10.1.15.10], instance: i-b15}
          - {id: eni-b16, vpc: vpc-b, subnet: subnet-b16, addresses: [10.1.16.10], instance: i-b16}
          - {id: eni-b17, vpc: vpc-b, subnet: subnet-b17, addresses: [10.1.17.10], instance: i-b17}
          - {id: eni-c1, vpc: vpc-c, subnet: subnet-c1, addresses: [10.2.1.10], instance: i-c1}
          - {id: eni-c2, vpc: vpc-c, subnet: subnet-c2, addresses: [10.2.2.10], instance: i-c2}
          - {id: eni-d1, vpc: vpc-d, subnet: subnet-d1, addresses: [10.3.1.10], instance: i-d1}
          - {id: eni-e1, vpc: vpc-e, subnet: subnet-e1, addresses: [10.4.1.10], instance: i-e1}
          - {id: eni-f1, vpc: vpc-f, subnet: subnet-f1, addresses: [10.5.1.10], instance: i-f1}
          - {id: eni-g1, vpc: vpc-g, subnet: subnet-g1, addresses: [10.6.1.10], instance: i-g1}
          - {id: eni-h1, vpc: vpc-h, subnet: subnet-h1, addresses: [10.7.1.10], instance: i-h1}
          - {id: eni-j1, vpc: vpc-j, subnet: subnet-j1, addresses: [10.8.1.10], instance: i-j1}
          - {id: eni-j1y, vpc: vpc-j, subnet: subnet-j1, addresses: [10.8.1.11], instance: i-j1y}
          - {id: eni-j2, vpc: vpc-j, subnet: subnet-j2, addresses: [10.8.2.10], instance: i-j2}

        instances:
          - {id: i-a1, type: c5n.large}
          - {id: i-a2, type: m5n.xlarge}
          - {id: i-b1, type: c6in.large}
          - {id: i-c1, type: m5.large}

        """
}
