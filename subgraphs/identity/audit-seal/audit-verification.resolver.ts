import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { Permission } from '../../shared/federated-schema.js';
import type { RequestContext } from '../../shared/request-context.js';
import type { AuditVerificationService } from './audit-verification.service.js';
import { AuditVerification } from './audit-verification.type.js';

@Resolver()
export class AuditVerificationResolver {
  constructor(private readonly verifications: AuditVerificationService) {}

  @Query(() => AuditVerification, {
    description:
      'Holds the audit log to its seals: was anything changed or removed past Meridian? Expensive. Needs audit.read for the whole platform.',
  })
  @Permission('audit.read')
  verifyAuditLog(
    @Arg('after', () => String, {
      nullable: true,
      description:
        'A lastSeal of before: must be there still, and what came after it is looked at. All when left out.',
    })
    after: string | null,
    @Ctx() { caller }: RequestContext,
  ): Promise<AuditVerification> {
    return this.verifications.verify(caller, after);
  }
}
