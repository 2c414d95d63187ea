import { describeDangerousPairs } from './describe-vendor.ts';

describeDangerousPairs('two-slot');
