import { describeDangerousPairs } from './describe-vendor.ts';

describeDangerousPairs('human');
