import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { Schedule, ScheduleExpression, TimeWindow } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { LambdaFunction, type LambdaFunctionProps } from './lambda-function.ts';
import { functionName, thisAccountOnly } from './names.ts';
import { ownRole } from './own-role.ts';
import { type Places, type SweepName, statementsOf } from './permissions.ts';

export interface SweepProps extends Omit<LambdaFunctionProps, 'rightsOf' | 'name' | 'places'> {
  readonly name: SweepName;
  readonly everyMinutes: number;
  readonly deadLetters: IQueue;
  readonly places: Places;
}

/** A function that a schedule wakes. What one run misses, the next one finds; so nothing is retried for long. */
export class Sweep extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { everyMinutes, deadLetters, ...props }: SweepProps) {
    super(scope, id);
    const every = Duration.minutes(everyMinutes);

    this.function = new LambdaFunction(this, 'Function', { ...props, rightsOf: props.name });
    const { lambda } = this.function;
    lambda.configureAsyncInvoke({
      maxEventAge: every,
      retryAttempts: 1,
      onFailure: new SqsDestination(deadLetters),
    });
    acknowledge(lambda, 'Serverless-LambdaDLQ', 'It has a failure destination, which carries the reason as well.');

    const name = functionName(props.part, props.name);
    const role = ownRole(this, 'ScheduleRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          ...thisAccountOnly,
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'scheduler',
              resource: 'schedule-group',
              resourceName: 'default',
            }),
          },
        },
      }),
      inlinePolicies: {
        rights: new PolicyDocument({
          statements: [
            new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] }),
            ...statementsOf.undelivered(props.places),
          ],
        }),
      },
    });
    new Schedule(this, 'Schedule', {
      scheduleName: name,
      description: `Wakes ${name}.`,
      schedule: ScheduleExpression.rate(every),
      // Several providers' sweeps need not start in the same second.
      timeWindow:
        everyMinutes < 5 ? TimeWindow.off() : TimeWindow.flexible(Duration.minutes(Math.floor(everyMinutes / 5))),
      target: new LambdaInvoke(lambda, {
        role: role.withoutPolicyUpdates(),
        deadLetterQueue: deadLetters,
        maxEventAge: every,
        retryAttempts: 3,
      }),
    });
  }
}
