import { describeSingles } from './describe-vendor.ts';

describeSingles('no-usage', 'under prompt');
